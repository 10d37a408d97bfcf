BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/a.yaml "version: 1`npolicy: a`notherwise: { by: slot, slot: 1 }"
    Set-Content TestDrive:/b.yaml "version: 1`npolicy: b`notherwise: { by: slot, slot: 2 }"
}

Describe 'Confirm-SteeringPolicy' {
    BeforeEach {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
    }

    It 'keeps a policy that waits for it' {
        $change = Set-SteeringPolicy web TestDrive:/b.yaml -ConfirmWithin 60s
        "$($change.Change) $($change.State) $($change.TimeLeft.TotalSeconds)" | Should -BeExactly 'Program Pending 60'
        $applied = Get-SteeringPolicy web
        "$($applied.Policy.Name) $($applied.State) $($applied.Alternative)" | Should -BeExactly "b Pending policy 'a'"
        ($applied | Out-String) | Should -Match 'Pending, 60 s left'
        (Get-ReuseportGroup web).State | Should -Be 'Pending'
        (Confirm-SteeringPolicy web).Policy | Should -BeExactly 'b'
        $applied = Get-SteeringPolicy web
        "$($applied.Policy.Name) $($applied.State)" | Should -BeExactly 'b Active'
        $applied.TimeLeft | Should -BeNullOrEmpty
    }

    It 'takes the wait as <Text>' -ForEach @(
        @{ Text = 'text'; Within = '2m'; Seconds = 120 }
        @{ Text = 'a number of seconds'; Within = 90; Seconds = 90 }
        @{ Text = 'a TimeSpan'; Within = [timespan]::FromHours(1); Seconds = 3600 }
    ) {
        (Set-SteeringPolicy web TestDrive:/b.yaml -ConfirmWithin $Within).TimeLeft.TotalSeconds | Should -Be $Seconds
    }

    It 'refuses a wait of <_>' -ForEach 0, '0s', -5, 'soon' {
        { Set-SteeringPolicy web TestDrive:/b.yaml -ConfirmWithin $_ -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }

    It 'keeps a program that waits for it' {
        $change = Set-SteeringPolicy web -Program (ConvertFrom-BpfAssembly "w0 = 0`nexit" -Name drop) -ConfirmWithin 60s
        "$($change.Policy) $($change.State) $($change.TimeLeft.TotalSeconds)" | Should -BeExactly 'drop Pending 60'
        (Get-SteeringPolicy web).Alternative | Should -BeExactly "policy 'a'"
        (Confirm-SteeringPolicy web).Policy | Should -BeExactly 'drop'
        $applied = Get-SteeringPolicy web
        "$($applied.Program.Name) $($applied.State)" | Should -BeExactly 'drop Active'
    }

    It 'says that nothing waits' {
        { Confirm-SteeringPolicy web -ErrorAction Stop } | Should -Throw -ErrorId 'NothingToConfirm,*'
        { Confirm-SteeringPolicy nothing -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound,*'
    }

    It 'changes nothing with -WhatIf' {
        $null = Set-SteeringPolicy web TestDrive:/b.yaml -ConfirmWithin 60s
        Confirm-SteeringPolicy web -WhatIf | Should -BeNullOrEmpty
        (Get-SteeringPolicy web).State | Should -Be 'Pending'
    }

    It 'lets slots be changed meanwhile, and measures by the new policy' {
        $null = Set-SteeringPolicy web TestDrive:/b.yaml -ConfirmWithin 60s
        $null = Suspend-SocketSlot web 3
        (Get-SteeringPolicy web).State | Should -Be 'Pending'
        (Get-SocketSlot web -Slot 2).Share | Should -Be 1
        $null = Confirm-SteeringPolicy web
        (Get-SocketSlot web -Slot 3).State | Should -Be 'Draining'
    }

    It 'is not needed for the same policy once more' {
        $change = Set-SteeringPolicy web TestDrive:/a.yaml -ConfirmWithin 60s
        "$($change.Change) $($change.State)" | Should -BeExactly 'None Active'
    }
}
